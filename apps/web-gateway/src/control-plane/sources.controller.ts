import { HttpCode, Param, Post } from '@nestjs/common';
import { sources, syncSource, type Source } from '@purser/contracts';
import { ControlPlane } from './control-plane.decorator.ts';
import { ResourceController, type Stored } from './resource.controller.ts';

@ControlPlane('sources')
export class SourcesController extends ResourceController {
  protected readonly resource = sources;

  /** What the last sync found. */
  protected override volatileOf({ status, problems, workEfforts, syncedAt }: Stored & Partial<Source>): unknown {
    return { status, problems, workEfforts, syncedAt };
  }

  @Post(':id/sync')
  @HttpCode(200)
  sync(@Param('id') id: string) {
    return this.client.request(syncSource, { id });
  }
}
