import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { tap, type Observable } from 'rxjs';
import { nextLink } from './page-headers.ts';

/** Gives a log that goes on a `Link` to what follows, as lists have them. */
@Injectable()
export class LinkToNext implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    return next.handle().pipe(
      tap((answer) => {
        const cursor = nextCursorOf(answer);
        if (cursor === undefined) return;
        const { url } = http.getRequest<FastifyRequest>();
        void http.getResponse<FastifyReply>().header('link', nextLink(url, cursor));
      }),
    );
  }
}

function nextCursorOf(answer: unknown): string | undefined {
  const pagination = (answer as { pagination?: { nextCursor?: unknown } } | null | undefined)?.pagination;
  return typeof pagination?.nextCursor === 'string' ? pagination.nextCursor : undefined;
}
