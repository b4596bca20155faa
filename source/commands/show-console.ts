import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import type { Parts } from '../compose.ts';
import { TidemarkError } from '../errors.ts';
import type { ConsoleContext } from '../ui/console-context.ts';
import type { UiState } from '../ui/state.ts';
import { startBorrowing } from './borrow-trends.ts';
import type { CommandContext } from './command.ts';
import { diagnosisSource, loopControls } from './console-controls.ts';
import { timelineSource } from './console-timeline.ts';
import { hearJobSignals } from './job-signals.ts';
import { startProving } from './proving.ts';
import { startRecording } from './record.ts';
import { stopParts } from './stop-parts.ts';
import { createTargets } from './targets.ts';
import { openTarget, type Watched } from './watched.ts';

/** What a console may begin with. */
export type ConsoleOptions = {
	/** Open at the start. */
	readonly opened?: UiState;
	/** Why this console may show no other target. */
	readonly whyNoTargets?: string;
};

/** Runs the console until the user quits or the process is asked to end. */
export async function showConsole(
	context: CommandContext,
	first: Watched,
	{ opened, whyNoTargets }: ConsoleOptions = {},
): Promise<number> {
	const { stdin, stdout, stderr, ending } = context;
	const { parts, environment, config } = first;
	const recording = { flags: context.flags, config, target: environment.target };
	let stopBorrowing = await startBorrowing(parts, config, environment);
	const stopRecording = await startRecording(parts, recording);
	const { renderConsole } = await loadScreen(parts);
	// From here on what is allocated is short-lived. V8 would let the space for that grow to 3 × 16 MB
	// and the process to 150 MB; it stays as large as the start has made it.
	setFlagsFromString('--semi-space-growth-factor=1');
	const suspend = () => jobs.suspend();
	let current = begin(first, suspend);
	/** What was shown, by the promise of its end. */
	const closing = new Map<Promise<void>, string | undefined>();
	const close = async ({ end }: Running) => {
		const stopped = await end();
		if (stopped !== undefined) stderr.write(`${stopped}\n`);
	};
	const targets = createTargets(context, {
		current: () => current.watched,
		// A recording is of one target, from its first sample to its last.
		whyNot: context.flags.record
			? `this console records ${environment.target}, and keeps to it`
			: whyNoTargets,
		show(name, giveUp) {
			if (!isAtRest(current.watched)) {
				throw new TidemarkError(
					'action',
					'An action is under way here: let it end, or stop it first.',
				);
			}
			const next = begin(openTarget(context, name), suspend);
			const before = [...closing].filter(([, of]) => of === name).map(([closed]) => closed);
			// A server that doesn't answer any more is not waited for.
			const closed = close(current);
			closing.set(closed, current.watched.name);
			void closed.finally(() => closing.delete(closed));
			current = next;
			void startAfter([giveUp(), ...before], next);
			stopBorrowing();
			stopBorrowing = borrowFor(next.watched);
			targets?.source.watch(false);
			screen.show(contextOf(next));
		},
	});
	/** Two connections to a target are all there are: those that it has here already end first. */
	const startAfter = async (ends: readonly Promise<void>[], next: Running) => {
		await stopParts({ stop: () => Promise.all(ends) });
		if (current !== next) return;
		next.watched.parts.loop.start();
		next.prove();
	};
	const contextOf = ({ context: own }: Running): ConsoleContext =>
		targets ? { ...own, targets: targets.source } : own;
	const screen = renderConsole(
		{ ...contextOf(current), ...(opened && { opened }) },
		{ stdin, stdout },
	);
	current.prove();
	const jobs = hearJobSignals(screen);
	const leave = () => screen.unmount();
	ending.addEventListener('abort', leave, { once: true });
	try {
		await screen.waitUntilExit();
	} finally {
		leave();
		jobs.close();
		await Promise.all([close(current), targets?.end(), ...closing.keys()]);
		stopBorrowing();
		await stopRecording();
	}
	return 0;
}

/** {@link startBorrowing} for a target that is shown later: what is wrong with its settings is told there. */
function borrowFor({ parts, config, environment }: Watched): () => void {
	const started = startBorrowing(parts, config, environment).catch((error: Error) => {
		parts.monitor.tell('warn', error.message);
		return () => {};
	});
	return () => void started.then((stop) => stop());
}

/** A target on screen, and the end of all that it has. */
type Running = {
	readonly watched: Watched;
	readonly context: ConsoleContext;
	/** Begins to verify in the background: when the screen is there. */
	prove(): void;
	/** Closes its connections. @returns what became of an action, where one was stopped */
	end(): Promise<string | undefined>;
};

function begin(watched: Watched, suspend: () => void): Running {
	const { parts, environment, actions, config } = watched;
	let proving: ReturnType<typeof startProving> | undefined;
	return {
		watched,
		context: {
			report: parts.monitor,
			timeline: timelineSource(parts.timeline, parts.diagnostician),
			controls: { ...loopControls(parts.loop), suspend },
			diagnosis: diagnosisSource(parts),
			actions: actions.source,
			reader: parts.readerWatch,
			environment,
			now: () => parts.loop.now(),
		},
		prove() {
			proving ??= startProving(parts, config);
		},
		async end() {
			const stopped = await actions.end();
			await Promise.all([parts.stop(), proving?.then((end) => end())]);
			return stopped;
		},
	};
}

const isAtRest = ({ actions }: Watched): boolean =>
	['choosing', 'opening', 'ended'].includes(actions.source.state().phase.kind);

/** How long the screen is held back for a server that is near: to ask it, and for its answers. */
const askMs = 40;
const answerMs = 60;

/**
 * Starts to sample, and loads the code of the screen meanwhile. Loading keeps this thread busy, so a
 * server that is near is asked first: it answers while the code loads, and the first frame has data.
 */
async function loadScreen({
	loop,
	store,
}: Parts): Promise<typeof import('../ui/render-console.tsx')> {
	const sampled = new Promise<void>((resolve) => {
		const unsubscribe = store.subscribe(() => {
			unsubscribe();
			resolve();
		});
	});
	loop.start();
	await Promise.race([loop.asked, pause(askMs)]);
	const screen = await import('../ui/render-console.tsx');
	await Promise.race([sampled, pause(answerMs)]);
	return screen;
}
