import { applyDecorators, Controller, UseGuards } from '@nestjs/common';
import { AdminGuard } from '../authentication/admin.guard.ts';

/** A controller of `/api/v1/<path>`, for admin keys only. */
export function ControlPlane(path: string): ClassDecorator {
  return applyDecorators(Controller(`api/v1/${path}`), UseGuards(AdminGuard));
}
