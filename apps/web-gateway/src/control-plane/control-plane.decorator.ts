import { applyDecorators, Controller, UseInterceptors } from '@nestjs/common';
import { LinkToNext } from './link-to-next.ts';

/** A controller of `/api/v1/<path>`; who may call it is declared in `authentication/access.ts`. */
export function ControlPlane(path: string): ClassDecorator {
  return applyDecorators(Controller(`api/v1/${path}`), UseInterceptors(LinkToNext));
}
