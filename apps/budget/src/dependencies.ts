import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@purser/database';
import { Readiness } from '@purser/health';
import { messageTransport, type MessageTransport } from '@purser/messaging';

const PING_TIMEOUT_MS = 1_500;

/** What the service has to reach before it is ready. */
@Injectable()
export class Dependencies {
  constructor(readiness: Readiness, database: Database, @Inject(messageTransport) transport: MessageTransport) {
    readiness.add({ name: 'database', check: () => database.ping(PING_TIMEOUT_MS) });
    readiness.add({ name: 'messages', check: () => refuseUnlessConnected(transport) });
  }
}

function refuseUnlessConnected({ status }: MessageTransport): void {
  if (status !== 'connected') throw new Error(`are ${status}`);
}
