import { Controller } from '@nestjs/common';

/** A controller of `/api/v1/<path>`; who may call it is declared in `authentication/access.ts`. */
export function ControlPlane(path: string): ClassDecorator {
  return Controller(`api/v1/${path}`);
}
