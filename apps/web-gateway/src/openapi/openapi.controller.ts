import { Controller, Get, Header } from '@nestjs/common';
import { allOperations } from './all-operations.ts';
import { openApiDocument } from './document.ts';

/** The API's description, made of the same schemas that validate it. Needs no key. */
@Controller()
export class OpenApiController {
  #document: string | undefined;

  @Get('openapi.json')
  @Header('content-type', 'application/json; charset=utf-8')
  @Header('cache-control', 'public, no-cache')
  document(): string {
    return (this.#document ??= JSON.stringify(openApiDocument(allOperations())));
  }
}
