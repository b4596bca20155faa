import { expect, it } from 'vitest';
import type { Snapshot } from '../../source/sampling/snapshot.ts';
import { createStore, longestHistory } from '../../source/sampling/store.ts';

const at = (publishedAt: number, seq = 0) => ({ seq, publishedAt }) as Snapshot;

it('forgets what is older than it keeps', () => {
	const store = createStore(at(0), 100);
	for (const time of [50, 100, 149, 151]) store.publish(at(time));
	expect(store.history().map(({ publishedAt }) => publishedAt)).toEqual([100, 149, 151]);
	store.publish(at(1000));
	expect(store.history()).toEqual([store.latest()]);
});

it('holds no more than so many, also when the clock was set back', () => {
	const store = createStore(at(1e12));
	for (let seq = 1; seq <= longestHistory + 10; seq++) store.publish(at(seq, seq));
	expect(store.history()).toHaveLength(longestHistory);
	expect(store.history().at(-1)).toBe(store.latest());
	expect(store.latest().seq).toBe(longestHistory + 10);
});
