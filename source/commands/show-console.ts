import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import type { Parts } from '../compose.ts';
import type { Loop } from '../sampling/loop.ts';
import type {
	ConsoleContext,
	ControlState,
	Controls,
	DiagnosisSource,
	DiagnosisState,
	Environment,
} from '../ui/console-context.ts';
import type { CommandContext } from './command.ts';
import type { ConsoleActions } from './console-actions.ts';

/** Runs the console until the user quits or the process is asked to end. */
export async function showConsole(
	context: CommandContext,
	parts: Parts,
	environment: Environment,
	actions: ConsoleActions,
): Promise<number> {
	const { stdin, stdout, stderr, ending } = context;
	const { renderConsole } = await loadScreen(parts);
	// From here on what is allocated is short-lived. V8 would let the space for that grow to 3 × 16 MB
	// and the process to 150 MB; it stays as large as the start has made it.
	setFlagsFromString('--semi-space-growth-factor=1');
	const console: ConsoleContext = {
		report: parts.monitor,
		controls: controlsOf(parts.loop),
		diagnosis: diagnosisOf(parts),
		actions: actions.source,
		environment,
		now: Date.now,
	};
	const screen = renderConsole(console, { stdin, stdout });
	const leave = () => screen.unmount();
	ending.addEventListener('abort', leave, { once: true });
	try {
		await screen.waitUntilExit();
	} finally {
		leave();
		const stopped = await actions.end();
		if (stopped !== undefined) stderr.write(`${stopped}\n`);
		await parts.stop();
	}
	return 0;
}

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

/** Asks when a verdict turns for the worse, too: whoever presses the key then finds the answer there. */
function diagnosisOf({ loop, diagnostician }: Parts): DiagnosisSource {
	const read = (): DiagnosisState => ({
		latest: diagnostician.current(),
		isAsking: diagnostician.isAsking,
	});
	let state = read();
	diagnostician.subscribe(() => {
		state = read();
	});
	diagnostician.watch();
	return {
		state: () => state,
		ask: () => void loop.refresh().then(() => diagnostician.ask()),
		subscribe: (listener) => diagnostician.subscribe(listener),
	};
}

function controlsOf(loop: Loop): Controls {
	const listeners = new Set<() => void>();
	const read = (): ControlState => ({ isPaused: loop.isPaused, intervalMs: loop.intervalMs });
	let state = read();
	const changed = () => {
		state = read();
		for (const listener of listeners) listener();
	};
	const setPaused = (isPaused: boolean) => {
		loop.setPaused(isPaused);
		changed();
	};
	return {
		pause: () => setPaused(true),
		resume: () => setPaused(false),
		refresh: () => void loop.refresh(),
		setIntervalMs(intervalMs) {
			loop.setIntervalMs(intervalMs);
			changed();
		},
		state: () => state,
		subscribe(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
	};
}
