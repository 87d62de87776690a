import { Get } from '@nestjs/common';
import type { DependenciesOfAll, PoolsOfAll } from '@purser/contracts';
import { TrafficFleet } from '@purser/service-traffic';
import { ControlPlane } from './control-plane.decorator.ts';

/** The pools of all replicas of all services: connections to databases and to providers alike. */
@ControlPlane('pools')
export class PoolsController {
  constructor(private readonly fleet: TrafficFleet) {}

  @Get('stats')
  stats(): Promise<PoolsOfAll> {
    return this.fleet.pools();
  }
}

/** What all replicas of all services depend on, and how that goes. */
@ControlPlane('dependencies')
export class DependenciesController {
  constructor(private readonly fleet: TrafficFleet) {}

  @Get('stats')
  stats(): Promise<DependenciesOfAll> {
    return this.fleet.dependencies();
  }
}
