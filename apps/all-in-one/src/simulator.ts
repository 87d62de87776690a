import { SimulatorProvider } from '@purser/budget';
import type { ProcessScope, RunningService } from '@purser/health';
import type { AllInOneConfig } from './all-in-one.config.ts';
import type { Progress } from './progress.ts';
import { SimulatorProcess } from './simulator-process.ts';

const baseUrlOf = (url: string): string => `${url}/v1`;

/**
 * Runs the provider simulator where it is wanted, and has it registered with the budget service at its new address.
 *
 * @returns whether it runs
 */
export async function startSimulatorIfWanted(
  { app }: Pick<RunningService, 'app'>,
  { PURSER_SIMULATOR }: Pick<AllInOneConfig, 'PURSER_SIMULATOR'>,
  scope: Pick<ProcessScope, 'onStop'>,
  progress: Progress,
): Promise<boolean> {
  const provider = app.get(SimulatorProvider, { strict: false });
  if (!PURSER_SIMULATOR || !SimulatorProcess.available() || !(await provider.wanted())) return false;
  await progress.step('provider simulator', async () => {
    const simulator = await SimulatorProcess.start({
      say: progress.say,
      onMoved: (url) => provider.register(baseUrlOf(url)),
    });
    scope.onStop('simulator', () => simulator.stop());
    await provider.register(baseUrlOf(simulator.url));
  });
  return true;
}
