import type { Provider } from '@nestjs/common';
import { SecretBox } from '@purser/secrets';
import { TrafficSources } from '@purser/service-traffic';
import { TRAINING_CONFIG, type TrainingConfig } from '../training.config.ts';
import { GithubHttp } from './github-http.ts';
import { GithubReader } from './github-reader.ts';

/** What reading repositories takes. */
export function githubProviders(config: TrainingConfig): Provider[] {
  return [
    { provide: TRAINING_CONFIG, useValue: config },
    { provide: SecretBox, useFactory: () => new SecretBox(config.PURSER_MASTER_KEY) },
    {
      provide: GithubHttp,
      inject: [TrafficSources],
      useFactory: (sources: TrafficSources) => {
        const http = new GithubHttp(config.GITHUB_TIMEOUT_MS);
        sources.addPools(() => http.poolStats());
        sources.addDependencies(() => http.statistics());
        return http;
      },
    },
    GithubReader,
  ];
}
