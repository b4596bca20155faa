import { expect, it } from 'vitest';
import { Monitor, type Report } from '../../source/health/monitor.ts';
import type { Snapshot } from '../../source/sampling/snapshot.ts';
import { createStore } from '../../source/sampling/store.ts';
import { numbered } from '../sampling/history/samples.ts';

/** A queue that stands still from time to time, and a server that is lost once. */
function sample(seq: number) {
	const at = numbered(seq).at;
	const waiting = seq % 90 < 60 ? (seq % 90) * 20 : 0;
	const isLost = seq > 100 && seq < 105;
	const snapshot = numbered(seq, {
		'lease/ready': {
			kind: 'ok',
			rows: [{ ready: waiting > 0 ? 4 : 0, future: 0, oldest_ready_seconds: waiting }],
			at,
			cost: { serverMs: 1 },
		},
	});
	return isLost
		? {
				...snapshot,
				connection: {
					kind: 'lost' as const,
					since: at,
					where: 'db-1',
					failureClass: 'refused',
					sentence: 'nobody listens',
					attempts: 1,
					nextTryAt: at,
				},
			}
		: snapshot;
}

it('says of each moment of the past what was said then', () => {
	const first: Snapshot = {
		...numbered(0),
		connection: { kind: 'connecting', since: 0, where: 'db-1' },
	};
	const store = createStore(first);
	const monitor = new Monitor(store);
	const said: Report[] = [monitor.current()];
	for (let seq = 1; seq < 300; seq++) {
		store.publish(sample(seq));
		said.push(monitor.current());
	}
	// Backwards, as people step.
	for (const report of said.toReversed()) {
		expect(monitor.reportAt(report.snapshot.seq)).toEqual(report);
	}
	const worst = said.map(({ verdicts }) => verdicts[0]?.severity);
	expect(new Set(worst)).toContain('critical');
	expect(said.at(-1)?.events.map(({ text }) => text)).toContain('nobody listens');
	expect(monitor.reportAt(300)).toBeUndefined();
});
