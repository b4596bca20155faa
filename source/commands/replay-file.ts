import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { emptyDesk } from '../actions/desk-state.ts';
import { parseMoment } from '../actions/times.ts';
import { type Config, resolveConfig } from '../config.ts';
import { TidemarkError } from '../errors.ts';
import { Diagnostician } from '../health/diagnosis/diagnostician.ts';
import { Monitor } from '../health/monitor.ts';
import { Timeline } from '../health/timeline.ts';
import { formatPlural } from '../lib/format.ts';
import { sanitise } from '../lib/text.ts';
import { ownPanelsOf } from '../recording/read-panels.ts';
import { type RecordingNotes, readRecording } from '../recording/read-recording.ts';
import { History } from '../sampling/history/history.ts';
import { createStore, type Store } from '../sampling/store.ts';
import type { ConsoleContext, Environment } from '../ui/console-context.ts';
import type { CommandContext } from './command.ts';
import { timelineSource } from './console-timeline.ts';
import { canShowUnicode } from './environment.ts';
import { hearJobSignals } from './job-signals.ts';
import { commands } from './registry.ts';

/** A recording that was read. */
type Recording = {
	readonly store: Store;
	readonly monitor: Monitor;
	readonly notes: RecordingNotes;
};

/** All of a file is kept, packed: a recording of 256 MB takes a tenth of that. */
const limits = {
	keepMs: Number.POSITIVE_INFINITY,
	maxBytes: 256 * 2 ** 20,
	maxSamples: 2_000_000,
} as const;

const fallbackColumns = 80;

/** The console on a recording: the same panels and keys of time, and no server. */
export async function replayFile(context: CommandContext): Promise<number> {
	const { args, flags, stdin, stdout, env } = context;
	const [file] = args;
	if (file === undefined || args.length > 1) {
		throw new TidemarkError('config', 'tidemark replay-file takes one file, as --record wrote it');
	}
	const config = resolveConfig(context);
	const recording = await load(context, config, file);
	if (recording === undefined) return 1;
	const { store, monitor, notes } = recording;
	const timeline = new Timeline(store, monitor, true);
	if (typeof flags.at === 'string') {
		timeline.goTo(parseMoment(flags.at, '--at', store.latest().at));
	}
	const environment = environmentOf(context, config, file, notes);
	if (stdout.isTTY && stdin.isTTY && env.TERM !== 'dumb') {
		await show(context, recording, timeline, environment);
	} else {
		const { plainOverview } = await import('../ui/plain-overview.ts');
		const width = stdout.columns || Number(env.COLUMNS) || fallbackColumns;
		const report = timeline.moment()?.report ?? monitor.current();
		const { intervalMs } = notes.head;
		stdout.write(plainOverview(report, { environment, intervalMs, width }));
	}
	timeline.stop();
	return 0;
}

/** Reads all of it, and judges each sample as it was judged then; undefined: told to end before that. */
async function load(
	context: CommandContext,
	config: Config,
	file: string,
): Promise<Recording | undefined> {
	const { stderr, ending } = context;
	const size = await stat(file).then(
		(found) => found.size,
		() => 0,
	);
	let read: { readonly store: Store; readonly monitor: Monitor } | undefined;
	const reading = readRecording(
		file,
		(snapshot) => {
			if (read) {
				read.store.publish(snapshot);
				return;
			}
			const store = createStore(snapshot, new History(limits));
			read = { store, monitor: new Monitor(store, config.thresholds) };
		},
		(bytes) => {
			ending.throwIfAborted();
			if (stderr.isTTY) stderr.write(`\rreading ${Math.round((100 * bytes) / size)} %`);
		},
	);
	try {
		const notes = await reading;
		return read && { ...read, notes };
	} catch (error) {
		if (!ending.aborted) throw error;
		return undefined;
	} finally {
		if (stderr.isTTY) stderr.write('\r\x1b[K');
	}
}

function environmentOf(
	{ env }: CommandContext,
	config: Config,
	file: string,
	{ head, damaged, starts }: RecordingNotes,
): Environment {
	// A program that was killed leaves a line that isn't whole; more than one a start is damage.
	const warnings =
		damaged > starts
			? [`${formatPlural(damaged, 'line')} of the recording could not be read, and are left out`]
			: [];
	return {
		target: head.target || sanitise(basename(file)),
		recording: sanitise(basename(file)),
		// Of what is asked while it is looked at there is nothing in a recording.
		usage: { viewer: {}, enabled: undefined, terminalZone: undefined },
		thresholds: config.thresholds,
		isProduction: false,
		isReadOnly: false,
		isAscii: config.isAscii || !canShowUnicode(env),
		hasColor: !env.NO_COLOR && env.TERM !== 'dumb',
		theme: config.theme,
		ownPanels: ownPanelsOf(head.ownPanels ?? []),
		panels: config.panels,
		warnings,
		everyMs: (id) => head.everyMs[id],
		sampler: () => undefined,
		hasCommand: (name) => Object.hasOwn(commands, name),
	};
}

async function show(
	{ stdin, stdout, ending }: CommandContext,
	{ store, monitor, notes }: Recording,
	timeline: Timeline,
	environment: Environment,
): Promise<void> {
	const { renderConsole } = await import('../ui/render-console.tsx');
	const { intervalMs } = notes.head;
	const diagnostician = new Diagnostician({
		evidence: () => [],
		ask: async () => new Map(),
		refresh: async () => store.latest(),
		monitor,
		intervalMs: () => intervalMs,
	});
	const nothing = () => {};
	const silent = { subscribe: () => nothing };
	const controls = { isPaused: true, intervalMs };
	const diagnosis = { latest: undefined, isAsking: false };
	const answers = new Map();
	const console: ConsoleContext = {
		report: monitor,
		timeline: timelineSource(timeline, diagnostician),
		controls: {
			...silent,
			state: () => controls,
			pause: nothing,
			resume: nothing,
			refresh: nothing,
			setIntervalMs: nothing,
			suspend: () => jobs.suspend(),
		},
		diagnosis: { ...silent, state: () => diagnosis, ask: nothing },
		actions: { ...silent, state: () => emptyDesk, open: nothing, press: nothing },
		reader: { ...silent, state: () => answers, watch: nothing, refresh: nothing },
		environment,
		now: () => store.latest().publishedAt,
	};
	const screen = renderConsole(console, { stdin, stdout });
	const jobs = hearJobSignals(screen);
	const leave = () => screen.unmount();
	ending.addEventListener('abort', leave, { once: true });
	await screen.waitUntilExit();
	jobs.close();
}
