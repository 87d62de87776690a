export { finishedAttempt, settledAttempt } from './builders.ts';
export { freePort } from './free-port.ts';
export { describeWithNats, nats, startNatsServer, type NatsServer } from './nats.ts';
export { startOwnNats, startOwnPostgres, type OwnServer } from './own-server.ts';
export { describeWith, findProgram, type Requirement } from './requirement.ts';
export { spawnService, type Service, type ServiceExit, type ServiceOptions } from './spawn-service.ts';
export { temporaryFolder, type TemporaryFolder } from './temporary-folder.ts';
export { testDatabase, type TestDatabase, type TestDatabaseOptions } from './test-database.ts';
export { waitUntil, type WaitOptions } from './wait-until.ts';
