import { afterEach, expect, it, vi } from 'vitest';
import { Monitor } from '../../source/health/monitor.ts';
import { Timeline } from '../../source/health/timeline.ts';
import { History, historyLimits } from '../../source/sampling/history/history.ts';
import { createStore } from '../../source/sampling/store.ts';
import { numbered } from '../sampling/history/samples.ts';

afterEach(() => void vi.useRealTimers());

/** Samples of two seconds each, and where one looks at them. */
function filled(count: number, isRecording = false, limits = historyLimits) {
	const store = createStore(numbered(0), new History(limits));
	const monitor = new Monitor(store);
	for (let seq = 1; seq < count; seq++) store.publish(numbered(seq));
	const timeline = new Timeline(store, monitor, isRecording);
	const seq = () => timeline.moment()?.report.snapshot.seq;
	return { store, timeline, seq };
}

it('goes by samples and by minutes, and back to what is', () => {
	const { timeline, seq } = filled(100);
	expect(seq()).toBeUndefined();
	const seen = (['back', 'back', 'minute-back', 'forward', 'minute-forward'] as const).map(
		(step) => {
			timeline.step(step);
			return seq();
		},
	);
	expect(seen).toEqual([98, 97, 67, 68, 98]);
	expect(timeline.moment()).toMatchObject({ gapMs: 2000, isOldest: false, isNewest: false });
	expect(timeline.moment()?.trends.times).toHaveLength(99);
	timeline.step('forward');
	expect(seq()).toBe(99);
	timeline.step('forward');
	expect(seq()).toBeUndefined();
	timeline.step('back');
	timeline.step('end');
	expect(seq()).toBeUndefined();
});

it('stands still while more is sampled, and gives way when what it shows is forgotten', () => {
	const { store, timeline, seq } = filled(100, false, { ...historyLimits, maxSamples: 150 });
	for (let count = 0; count < 9; count++) timeline.step('minute-back');
	expect(seq()).toBe(0);
	expect(timeline.moment()?.isOldest).toBe(true);
	const moment = timeline.moment();
	store.publish(numbered(100));
	expect(timeline.moment()).toBe(moment);
	for (let next = 101; next < 200; next++) store.publish(numbered(next));
	expect(seq()).toBe(store.history.oldestSeq);
	expect(seq()).toBeGreaterThan(0);
});

it('plays a recording from any time to its end, which is no present', () => {
	vi.useFakeTimers();
	const { timeline, seq } = filled(10, true);
	expect(seq()).toBe(9);
	timeline.step('forward');
	expect(seq()).toBe(9);
	timeline.goTo(numbered(6).at + 1);
	expect(seq()).toBe(6);
	timeline.play();
	expect(timeline.moment()?.isPlaying).toBe(true);
	vi.advanceTimersByTime(4000);
	expect(seq()).toBe(8);
	vi.advanceTimersByTime(60_000);
	expect(timeline.moment()).toMatchObject({ isPlaying: false, isNewest: true });
	timeline.goTo(0);
	timeline.play();
	timeline.step('forward');
	expect(timeline.moment()).toMatchObject({ isPlaying: false, report: { snapshot: { seq: 1 } } });
});
