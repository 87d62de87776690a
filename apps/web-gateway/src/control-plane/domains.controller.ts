import { domains, pageDomains, type Domain } from '@purser/contracts';
import { CachedCatalogue } from './cached-answers.ts';
import { ControlPlane } from './control-plane.decorator.ts';
import type { Stored } from './resource.controller.ts';
import { TextPageController } from './text-page.controller.ts';

@ControlPlane('domains')
@CachedCatalogue()
export class DomainsController extends TextPageController {
  protected readonly resource = domains;
  protected readonly pages = pageDomains;

  /** The metrics that belong to it come and go by themselves. */
  protected override volatileOf({ metrics }: Stored & Partial<Domain>): unknown {
    return { metrics };
  }
}
