import type { DynamicModule, FactoryProvider, ModuleMetadata, OnApplicationShutdown } from '@nestjs/common';
import { Injectable, Logger, Module } from '@nestjs/common';
import type { ConnectionOptions, DatabaseOptions, SchemaOptions } from '../core/database-options.ts';
import { Database } from '../core/database.ts';

export interface DatabaseModuleAsyncOptions extends SchemaOptions, Pick<ModuleMetadata, 'imports'> {
  readonly inject?: FactoryProvider['inject'];
  /** Makes what the deployment decides, from the injected configuration. */
  readonly useFactory: FactoryProvider<ConnectionOptions>['useFactory'];
}

// Nest's last hook: whatever still needs the database ends in the earlier ones.
@Injectable()
class DatabaseCloser implements OnApplicationShutdown {
  constructor(private readonly database: Database) {}

  onApplicationShutdown(): Promise<void> {
    return this.database.close();
  }
}

/**
 * Gives a service its {@link Database}: migrated and connected before anything that injects it, closed last.
 *
 * Not global, so that several services fit in one process, each with its own schema. Keep what `forRoot` returns in a
 * constant and import that constant in every module of the service that injects `Database`: one constant is one
 * connection pool.
 */
@Module({})
export class DatabaseModule {
  static forRoot(options: DatabaseOptions): DynamicModule {
    return databaseModule({ provide: Database, useFactory: () => open(options) });
  }

  static forRootAsync({ imports, inject, useFactory, ...schema }: DatabaseModuleAsyncOptions): DynamicModule {
    const provider: FactoryProvider<Database> = {
      provide: Database,
      inject: inject ?? [],
      useFactory: async (...injected: unknown[]) => open({ ...(await useFactory(...injected)), ...schema }),
    };
    return { ...databaseModule(provider), imports };
  }
}

function databaseModule(provider: FactoryProvider<Database>): DynamicModule {
  return { module: DatabaseModule, providers: [provider, DatabaseCloser], exports: [Database] };
}

function open(options: DatabaseOptions): Promise<Database> {
  const logger = new Logger(`Database ${options.schema}`);
  const onBackgroundError = (message: string, error: unknown) => logger.error(`${message}: ${String(error)}`);
  const onWarning = (message: string) => logger.warn(message);
  return Database.open({ onBackgroundError, onWarning, onWaiting: onWarning, ...options });
}
