import { temporaryFolder } from '@purser/testing';
import { describeStore } from '../../testing/index.ts';
import { openDiskStore } from './disk-store.ts';

const maxBytes = 2_000_000;

describeStore(
  'disk',
  async () => {
    const folder = await temporaryFolder();
    const onProblem = ({ message }: { message: string }): never => {
      throw new Error(message);
    };
    const store = await openDiskStore({ folder: folder.path, maxBytes, onProblem });
    return { store, close: () => folder.remove() };
  },
  { maxBytes },
);
