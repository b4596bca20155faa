import { PassThrough, Writable } from 'node:stream';
import { type DeskState, emptyDesk } from '../../source/actions/desk-state.ts';
import type { Report } from '../../source/health/monitor.ts';
import { trendsOf } from '../../source/sampling/history/trends.ts';
import { type Answers, keyOf, type Question } from '../../source/sampling/question.ts';
import type { Reading } from '../../source/sampling/reading.ts';
import type { Snapshot } from '../../source/sampling/snapshot.ts';
import type {
	ConsoleContext,
	ControlState,
	DiagnosisState,
	Environment,
	Moment,
} from '../../source/ui/console-context.ts';
import { type RunningConsole, renderConsole } from '../../source/ui/render-console.tsx';
import { createScreenReader, type Screen, type ScreenReader } from './screen.ts';

/** The user interface on an emulated terminal of a fixed size. */
export type Rendered = {
	readonly console: RunningConsole;
	/** What the terminal shows once all that was written is there. */
	screen(): Promise<Screen>;
	readonly reader: ScreenReader;
	/** Types keys and waits until what they changed is painted. */
	press(keys: string): Promise<void>;
	/** Resolves with the first screen that fulfils the condition; looks again after each write. */
	waitFor(condition: (screen: Screen) => boolean): Promise<Screen>;
	/** Everything written so far, one string a write. */
	readonly chunks: readonly string[];
	resize(columns: number, rows: number): Promise<void>;
	/** Stops taking output, as a terminal does on ctrl-s; the next call lets it go on. */
	block(): () => void;
	/** Whether the input is in raw mode. */
	isRaw(): boolean;
};

/** Shows the console of a context on a terminal of the given size. */
export function renderOnScreen(context: ConsoleContext, columns: number, rows: number): Rendered {
	const reader = createScreenReader(columns, rows);
	const chunks: string[] = [];
	const watchers = new Set<() => void>();
	let gate: Promise<void> = Promise.resolve();
	let written: Promise<void> = Promise.resolve();
	const output = new Writable({
		decodeStrings: false,
		// A terminal takes what it is given at once or not at all: no reserve of kilobytes.
		highWaterMark: 1,
		write(chunk: string, _encoding, done) {
			chunks.push(chunk);
			written = gate
				.then(() => reader.write(chunk))
				.then(() => {
					done();
					for (const look of watchers) look();
				});
		},
	});
	let isRaw = false;
	const input = Object.assign(new PassThrough(), {
		isTTY: true,
		setRawMode(isEnabled: boolean) {
			isRaw = isEnabled;
		},
		ref() {},
		unref() {},
	});
	const stdout = Object.assign(output, { isTTY: true, columns, rows });
	const console = renderConsole(context, {
		stdout: stdout as unknown as NodeJS.WriteStream,
		stdin: input as unknown as NodeJS.ReadStream,
	});
	const screen = async () => {
		await written;
		return reader.read();
	};
	return {
		console,
		reader,
		chunks,
		screen,
		isRaw: () => isRaw,
		async press(keys) {
			input.write(keys);
			await console.whenIdle();
			await written;
		},
		waitFor: (condition) =>
			new Promise((resolve) => {
				const look = () => {
					const now = reader.read();
					if (!condition(now)) return;
					watchers.delete(look);
					resolve(now);
				};
				watchers.add(look);
				look();
			}),
		async resize(newColumns, newRows) {
			reader.resize(newColumns, newRows);
			Object.assign(stdout, { columns: newColumns, rows: newRows });
			stdout.emit('resize');
			await console.whenIdle();
			await written;
		},
		block() {
			let open = () => {};
			gate = new Promise((resolve) => {
				open = resolve;
			});
			return open;
		},
	};
}

/** A context that a test drives by hand. */
export type Driven = {
	readonly context: ConsoleContext;
	/** Publishes a report, as the monitor does after each sample. */
	publish(report: Report): void;
	/** Gathering begins, or there is a newer diagnosis. */
	diagnose(state: DiagnosisState): void;
	/** Looks at a moment of the past, or at what is. */
	goTo(moment: Moment | undefined): void;
	/** What the desk for actions shows from now on. */
	setDesk(state: DeskState): void;
	/** What is asked of the server for what is open. */
	watched(): readonly Question[];
	/** The server's answer to such a question. */
	answer(question: Question, reading: Reading): void;
	/** What the user asked of the sampling, in order. */
	readonly asked: readonly string[];
	/** This machine's clock from now on, in ms since the epoch. */
	setNow(now: number): void;
};

/** Makes a context that starts with a report; its controls act on themselves alone. */
export function driveConsole(
	first: Report,
	environment: Environment,
	before: readonly Snapshot[] = [],
): Driven {
	const asked: string[] = [];
	const reportListeners = new Set<() => void>();
	const controlListeners = new Set<() => void>();
	const diagnosisListeners = new Set<() => void>();
	const deskListeners = new Set<() => void>();
	const readerListeners = new Set<() => void>();
	let answers: Answers = new Map();
	let watched: readonly Question[] = [];
	const timeListeners = new Set<() => void>();
	let moment: Moment | undefined;
	let desk: DeskState = emptyDesk;
	let diagnosis: DiagnosisState = { latest: undefined, isAsking: false };
	let report = first;
	let history = [...before, first.snapshot];
	let now = first.snapshot.publishedAt;
	let state: ControlState = { isPaused: false, intervalMs: 2000 };
	const change = (next: Partial<ControlState>, word: string) => {
		asked.push(word);
		state = { ...state, ...next };
		for (const listener of controlListeners) listener();
	};
	const subscribeTo = (listeners: Set<() => void>) => (listener: () => void) => {
		listeners.add(listener);
		return () => listeners.delete(listener);
	};
	return {
		asked,
		setNow(next) {
			now = next;
		},
		diagnose(next) {
			diagnosis = next;
			for (const listener of diagnosisListeners) listener();
		},
		watched: () => watched,
		answer(question, reading) {
			answers = new Map([...answers, [keyOf(question), reading]]);
			for (const listener of readerListeners) listener();
		},
		goTo(next) {
			moment = next;
			for (const listener of timeListeners) listener();
		},
		setDesk(next) {
			desk = next;
			for (const listener of deskListeners) listener();
		},
		publish(next) {
			report = next;
			history = [...history, next.snapshot];
			now = Math.max(now, next.snapshot.publishedAt);
			for (const listener of reportListeners) listener();
		},
		context: {
			now: () => now,
			environment,
			report: {
				current: () => report,
				trends: () => trendsOf(history),
				subscribe: subscribeTo(reportListeners),
			},
			timeline: {
				moment: () => moment,
				step: (step) => asked.push(`time ${step}`),
				play: () => asked.push('play'),
				pause: () => asked.push('stop'),
				subscribe: subscribeTo(timeListeners),
			},
			controls: {
				pause: () => change({ isPaused: true }, 'pause'),
				resume: () => change({ isPaused: false }, 'resume'),
				suspend: () => change({}, 'suspend'),
				refresh: () => change({}, 'refresh'),
				setIntervalMs: (intervalMs) => change({ intervalMs }, `interval ${intervalMs}`),
				state: () => state,
				subscribe: subscribeTo(controlListeners),
			},
			diagnosis: {
				ask: () => asked.push('diagnose'),
				state: () => diagnosis,
				subscribe: subscribeTo(diagnosisListeners),
			},
			reader: {
				state: () => answers,
				watch(questions) {
					watched = questions;
				},
				refresh() {},
				subscribe: subscribeTo(readerListeners),
			},
			actions: {
				open: (command) => asked.push(`act ${command ?? ''}`.trim()),
				press: (key) => asked.push(`desk ${key}`),
				state: () => desk,
				subscribe: subscribeTo(deskListeners),
			},
		},
	};
}
