import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { testDatabase, type TestDatabase } from '@purser/testing';
import { Database, DatabaseModule } from '../index.ts';

class Shelves1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table shelf (id bigint primary key)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table shelf');
  }
}

let test: TestDatabase;
beforeAll(async () => {
  test = await testDatabase();
});
afterAll(() => test?.drop());

const schemaOf = async (database: Database) =>
  (await database.query<{ name: string }>('select current_schema() as name, count(*) from shelf'))[0]!.name;

describe('DatabaseModule', () => {
  it('gives each of several services in one process its own schema, and closes after their last query', async () => {
    const seen: string[] = [];

    @Injectable()
    class Library implements OnApplicationShutdown {
      constructor(private readonly database: Database) {}
      async onModuleInit(): Promise<void> {
        seen.push(await schemaOf(this.database));
      }
      async onModuleDestroy(): Promise<void> {
        seen.push(`destroyed ${await schemaOf(this.database)}`);
      }
      async beforeApplicationShutdown(): Promise<void> {
        seen.push(`stopping ${await schemaOf(this.database)}`);
      }
      onApplicationShutdown(): void {}
    }

    @Injectable()
    class Archive {
      constructor(@Inject(Database) readonly database: Database) {}
    }

    const migrations = [Shelves1700000000000];
    const library = DatabaseModule.forRoot({ url: test.url, schema: 'library', entities: [], migrations });
    @Module({ imports: [library], providers: [Library] })
    class LibraryModule {}
    @Module({ providers: [{ provide: 'url', useFactory: () => test.url }], exports: ['url'] })
    class ConfigModule {}
    const archive = DatabaseModule.forRootAsync({
      schema: 'archive',
      entities: [],
      migrations,
      imports: [ConfigModule],
      inject: ['url'],
      useFactory: (url: string) => ({ url, poolMax: 2 }),
    });
    @Module({ imports: [archive], providers: [Archive] })
    class ArchiveModule {}
    @Module({ imports: [LibraryModule, ArchiveModule] })
    class AppModule {}

    const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
    const { database } = app.get(Archive, { strict: false });
    expect(await schemaOf(database)).toBe('archive');
    expect(database.poolStats()).toMatchObject([{ max: 2, idleMin: 2, pendingRequests: 0 }]);
    await app.close();
    expect(seen).toEqual(['library', 'destroyed library', 'stopping library']);
    await expect(database.query('select 1')).rejects.toMatchObject({ code: 'unavailable' });
  });
});
