import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { HttpHits } from '@purser/caching';
import type { FastifyInstance } from 'fastify';
import { sendHit } from './send-hit.ts';

/** Gives cached answers before Nest is entered. Who may have them is decided by hooks that stand in front, and by no guard. */
@Injectable()
export class EarlyHits implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly hits: HttpHits,
  ) {}

  onModuleInit(): void {
    this.host.httpAdapter.getInstance<FastifyInstance>().addHook('preHandler', this.hits.preHandlerWith(sendHit));
  }
}
