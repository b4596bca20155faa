/**
 * Loaded into the program under test (`node --expose-gc --import`). Nothing of the program is changed;
 * its time is: the pause between two refreshes takes a millisecond, and its clock moves on by the
 * whole pause. So what goes by time (the hour of history, slow samplers, the look at what exists) keeps
 * its proportion to the refreshes. On SIGUSR2 it collects garbage and adds a line of JSON, an
 * {@link Inside}, to the file that SOAK_LEVELS names.
 */
import { EventEmitter } from 'node:events';
import { appendFileSync } from 'node:fs';
import { queryObjects } from 'node:v8';

/** What lives in the program after a full collection. */
export type Inside = {
	/** Bytes of live objects, of memory outside the heap, and of the process. */
	readonly heapUsed: number;
	readonly external: number;
	readonly rss: number;
	/** Sockets, streams and servers that are open, and timers that run. */
	readonly handles: number;
	readonly timers: number;
	/** Things that can be listened to, and functions: whoever listens once more makes one more. */
	readonly emitters: number;
	readonly functions: number;
};

/** The program's default interval in ms: no other timer of its own has this length. */
export const intervalMs = 2000;

const file = process.env.SOAK_LEVELS;
if (file !== undefined) {
	shortenInterval();
	process.on('SIGUSR2', () => report(file));
}

function shortenInterval(): void {
	const now = Date.now.bind(Date);
	let aheadMs = 0;
	Date.now = () => now() + aheadMs;
	const wait = globalThis.setTimeout;
	const shortened = (run: (...values: unknown[]) => void, ms = 0, ...values: unknown[]) => {
		if (ms !== intervalMs) return wait(run, ms, ...values);
		const started = now();
		return wait(() => {
			aheadMs += intervalMs - (now() - started);
			run(...values);
		}, 1);
	};
	globalThis.setTimeout = Object.assign(shortened, wait) as unknown as typeof setTimeout;
}

function report(path: string): void {
	globalThis.gc?.();
	// What the first collection let go of may have been the last to hold something else.
	setImmediate(() => {
		globalThis.gc?.();
		const { heapUsed, external, rss } = process.memoryUsage();
		const resources = process.getActiveResourcesInfo();
		const timers = resources.filter((name) => name === 'Timeout').length;
		const inside: Inside = {
			heapUsed,
			external,
			rss,
			timers,
			handles: resources.length - timers,
			emitters: Number(queryObjects(EventEmitter)),
			functions: Number(queryObjects(Function)),
		};
		appendFileSync(path, `${JSON.stringify(inside)}\n`);
	});
}
