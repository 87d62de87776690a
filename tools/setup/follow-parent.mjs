// Loaded into each supervised process before its own code. A supervisor that is killed can't stop what it started; the channel
// to it closes with it, and then the process drains on its own instead of living on unseen.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// After the listener, which would keep a process alive that has nothing left to do.
process.channel?.unref();
// Nobody reads any more what it prints on its way out.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
