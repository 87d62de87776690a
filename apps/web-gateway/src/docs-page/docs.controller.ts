import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Controller, Get, Inject, Param, Res } from '@nestjs/common';
import { DomainError } from '@purser/errors';
import type { FastifyReply } from 'fastify';
import { frameAncestors } from '../edge/standing-headers.ts';
import { WEB_GATEWAY_CONFIG, type WebGatewayConfig } from '../web-gateway.config.ts';
import { page, start } from './page.ts';

/** Swagger UI, as this package carries it built: nothing of it comes from another host. */
const assetFolder = () => join(dirname(createRequire(import.meta.url).resolve('@fastify/swagger-ui')), 'static');

const TYPES = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8' } as const;
const ASSETS = ['swagger-ui-bundle.js', 'swagger-ui.css'];

/** The API's description as a page, from which requests can be tried with a key. Needs none itself. */
@Controller('docs')
export class DocsController {
  readonly #files = new Map<string, Promise<Buffer>>([['start.js', Promise.resolve(Buffer.from(start))]]);

  constructor(@Inject(WEB_GATEWAY_CONFIG) private readonly config: WebGatewayConfig) {}

  @Get()
  page(@Res() reply: FastifyReply): void {
    if (this.config.SECURITY_HEADERS) void reply.header('content-security-policy', this.#policy());
    void reply.header('cache-control', 'public, max-age=300').type('text/html; charset=utf-8').send(page);
  }

  @Get(':file')
  async asset(@Param('file') name: string, @Res() reply: FastifyReply): Promise<void> {
    const bytes = await this.#file(name);
    const type = name.endsWith('.css') ? TYPES.css : TYPES.js;
    void reply.header('cache-control', 'public, max-age=86400').type(type).send(bytes);
  }

  /** Read when first asked for, and kept: most gateways never show the page. */
  #file(name: string): Promise<Buffer> {
    const known = this.#files.get(name);
    if (known) return known;
    if (!ASSETS.includes(name))
      throw new DomainError('not_found', `There is no /docs/${name}.`, { path: `/docs/${name}` });
    const file = readFile(join(assetFolder(), name));
    this.#files.set(name, file);
    file.catch(() => this.#files.delete(name));
    return file;
  }

  /** Scripts and styles of our own, requests to ourselves, and the pictures that stand in the style sheet. */
  #policy(): string {
    const ancestors = frameAncestors(this.config.FRAME_ANCESTORS);
    const directives = [
      ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'"],
      ...["base-uri 'none'", "form-action 'none'", `frame-ancestors ${ancestors}`],
    ];
    return directives.join('; ');
  }
}
