import { describe, expect, it } from '@jest/globals';
import { eventually, type Transports } from './harness.ts';

export function describePublishes({ connected, name }: Transports): void {
  describe('publishes', () => {
    it('reach everyone who listens, each replica too, once', async () => {
      const [publisher, service] = [await connected(name()), name()];
      const subject = `${publisher.name}.a.changed`;
      const heard: string[] = [];
      for (const listener of [service, service, name()]) {
        const transport = await connected(listener);
        transport.serve(subject, undefined, ({ body }, respond) => {
          expect(respond).toBeUndefined();
          heard.push(body);
        });
        await transport.flush();
      }
      publisher.publish(subject, '1', {});
      publisher.publish(subject, '2', {});
      await eventually('all are heard', () => heard.length >= 6);
      expect(heard.toSorted()).toEqual(['1', '1', '1', '2', '2', '2']);
    });

    it('come back to a sender that listens', async () => {
      const transport = await connected(name());
      const subject = `${transport.name}.a.changed`;
      const heard: string[] = [];
      transport.serve(subject, undefined, ({ body }) => void heard.push(body));
      await transport.flush();
      transport.publish(subject, '1', {});
      await eventually('it is heard', () => heard.length >= 1);
      expect(heard).toEqual(['1']);
    });

    it('may have no listener', async () => {
      const publisher = await connected(name());
      expect(() => publisher.publish(`${publisher.name}.a.changed`, '1', {})).not.toThrow();
    });

    it('are refused when too large', async () => {
      const publisher = await connected(name());
      const body = JSON.stringify('x'.repeat(publisher.maxPayloadBytes));
      expect(() => publisher.publish(`${publisher.name}.a.changed`, body, {})).toThrow(/larger than/);
    });
  });
}
