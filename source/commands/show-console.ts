import type { Parts } from '../compose.ts';
import type { Loop } from '../sampling/loop.ts';
import type { ConsoleContext, ControlState, Controls, Environment } from '../ui/console-context.ts';
import type { CommandContext } from './command.ts';

/** Runs the console until the user quits or the process is asked to end. */
export async function showConsole(
	context: CommandContext,
	parts: Parts,
	environment: Environment,
): Promise<number> {
	const { stdin, stdout, ending } = context;
	// The first sample is on its way while the code of the screen loads.
	parts.loop.start();
	const { renderConsole } = await import('../ui/render-console.tsx');
	const console: ConsoleContext = {
		report: parts.monitor,
		controls: controlsOf(parts.loop),
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
		await parts.stop();
	}
	return 0;
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
