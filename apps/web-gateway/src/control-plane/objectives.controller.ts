import { objectives, pageObjectives } from '@purser/contracts';
import { CachedCatalogue } from './cached-answers.ts';
import { ControlPlane } from './control-plane.decorator.ts';
import { TextPageController } from './text-page.controller.ts';

@ControlPlane('objectives')
@CachedCatalogue()
export class ObjectivesController extends TextPageController {
  protected readonly resource = objectives;
  protected readonly pages = pageObjectives;
}
