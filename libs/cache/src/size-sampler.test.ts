import { Background } from '@mcp-cluster/kernel';
import { VirtualClock } from '@mcp-cluster/testkit';
import { expect, it } from 'vitest';
import { SizeSampler, type CacheSizes } from './size-sampler.js';

function sampled() {
  const clock = new VirtualClock();
  const failures: string[] = [];
  const background = new Background((_name, error) => failures.push(error.message));
  const asked: PromiseWithResolvers<CacheSizes>[] = [];
  const sampler = new SizeSampler(
    () => {
      const next = Promise.withResolvers<CacheSizes>();
      asked.push(next);
      return next.promise;
    },
    clock,
    background,
  );
  const settle = () => clock.advance(0);
  return { clock, sampler, asked, failures, settle };
}

const of = (entries: number): CacheSizes => ({ l2: { entries, bytes: 10 * entries } });

it('shows the sample before and begins the next, one at a time', async () => {
  const { clock, sampler, asked, settle } = sampled();
  expect([sampler.read(), sampler.read()]).toEqual([{}, {}]);
  await settle();
  expect([sampler.read(), asked.length]).toEqual([{}, 1]);
  asked[0]?.resolve(of(1));
  await settle();
  expect(sampler.read()).toEqual(of(1));
  await clock.advance(9_999);
  expect([sampler.read(), asked.length]).toEqual([of(1), 1]);
  await clock.advance(1);
  expect(sampler.read()).toEqual(of(1));
  await settle();
  asked[1]?.resolve(of(2));
  await settle();
  expect([sampler.read(), asked.length]).toEqual([of(2), 2]);
});

it('shows nothing that is older than two minutes', async () => {
  const { clock, sampler, asked, settle } = sampled();
  sampler.read();
  await settle();
  asked[0]?.resolve(of(1));
  await settle();
  await clock.advance(120_001);
  expect(sampler.read()).toEqual({});
});

it('a failure is reported, and the next look tries again', async () => {
  const { sampler, asked, failures, settle } = sampled();
  sampler.read();
  await settle();
  asked[0]?.reject(new Error('no disk'));
  await settle();
  expect([sampler.read(), failures]).toEqual([{}, ['no disk']]);
  await settle();
  expect(asked).toHaveLength(2);
});
