import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { emptyDesk } from '../../source/actions/desk-state.ts';
import type { Report } from '../../source/health/monitor.ts';
import { History } from '../../source/sampling/history/history.ts';
import type { Snapshot } from '../../source/sampling/snapshot.ts';
import type { ConsoleContext } from '../../source/ui/console-context.ts';
import { notAsked } from '../../source/ui/overlays/diagnosis.ts';
import {
	allReadings,
	at,
	controls,
	environment,
	leaseReadings,
	reportOf,
	rollupReadings,
	snapshotOf,
	taskReadings,
} from '../../test/ui/fixtures.ts';

/** A terminal that takes everything and counts it. */
export class Terminal extends EventEmitter {
	readonly isTTY = true;
	readonly writable = true;
	bytes = 0;
	writes = 0;
	readonly columns: number;
	readonly rows: number;

	constructor(columns: number, rows: number) {
		super();
		this.columns = columns;
		this.rows = rows;
	}

	write(chunk: string, done?: () => void): boolean {
		if (chunk !== '') {
			this.bytes += Buffer.byteLength(chunk);
			this.writes += 1;
			this.emit('painted');
		}
		if (done !== undefined) queueMicrotask(done);
		return true;
	}
}

/** The sample number `seq` of a system at work: a dozen numbers move, the rest stays. */
export function sample(seq: number): Snapshot {
	const when = at + seq * 2000;
	const wave = Math.round(200 + 150 * Math.sin(seq / 9)) + (seq % 7);
	const readings = {
		...allReadings(when),
		...taskReadings(when, wave),
		...rollupReadings(when, 1204 + seq * 3),
		...leaseReadings(when, Math.round(wave / 3)),
	};
	return snapshotOf(readings, {
		seq,
		at: when,
		answeredAt: when,
		publishedAt: when,
		trip: { wallMs: 6 + (seq % 5), serverMs: 3 + (seq % 3), samplers: 20 },
	});
}

const noAnswers = new Map();

/** A context whose reports are published by hand, with an hour of history. */
export function liveContext() {
	const listeners = new Set<() => void>();
	const history = new History();
	history.add(sample(0));
	let report: Report = reportOf(sample(0));
	const context: ConsoleContext = {
		now: () => report.snapshot.publishedAt,
		environment,
		report: {
			current: () => report,
			trends: () => history.trends(),
			subscribe(listener) {
				listeners.add(listener);
				return () => listeners.delete(listener);
			},
		},
		timeline: {
			moment: () => undefined,
			step() {},
			play() {},
			pause() {},
			subscribe: () => () => {},
		},
		controls: {
			pause() {},
			resume() {},
			suspend() {},
			refresh() {},
			setIntervalMs() {},
			state: () => controls,
			subscribe: () => () => {},
		},
		reader: { state: () => noAnswers, watch() {}, refresh() {}, subscribe: () => () => {} },
		diagnosis: { ask() {}, state: () => notAsked, subscribe: () => () => {} },
		actions: { open() {}, press() {}, state: () => emptyDesk, subscribe: () => () => {} },
	};
	const publish = (snapshot: Snapshot) => {
		history.add(snapshot);
		report = reportOf(snapshot);
		for (const listener of listeners) listener();
	};
	return { context, publish };
}

/** The streams of such a terminal, as a program takes them. */
export function streamsOf(terminal: Terminal) {
	const stdin = Object.assign(new PassThrough(), {
		isTTY: true,
		setRawMode() {},
		ref() {},
		unref() {},
	});
	return {
		stdout: terminal as unknown as NodeJS.WriteStream,
		stdin: stdin as unknown as NodeJS.ReadStream & PassThrough,
	};
}
