import type { Parts } from '../compose.ts';
import type { Config } from '../config.ts';
import type { Loop } from '../sampling/loop.ts';
import type { ConsoleContext, ControlState, Controls } from '../ui/console-context.ts';
import type { CommandContext } from './command.ts';

/** Runs the console until the user quits or the process is asked to end. */
export async function showConsole(
	context: CommandContext,
	config: Config,
	parts: Parts,
	label: string,
): Promise<number> {
	const { stdin, stdout, env, ending } = context;
	// The first sample is on its way while the code of the screen loads.
	parts.loop.start();
	const { renderConsole } = await import('../ui/render-console.tsx');
	const everyMs = new Map(parts.samplers.map((sampler) => [sampler.id, sampler.everyMs]));
	const console: ConsoleContext = {
		report: parts.monitor,
		controls: controlsOf(parts.loop),
		environment: {
			target: config.name || label,
			isReadOnly: config.isReadOnly,
			isAscii: config.isAscii || !canShowUnicode(env),
			hasColor: !env.NO_COLOR && env.TERM !== 'dumb',
			theme: config.theme,
			catalogWarnings: [],
			everyMs: (id) => everyMs.get(id),
		},
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

/** By the locale, as other terminal programs do: LC_ALL, LC_CTYPE, LANG in this order. */
function canShowUnicode(env: CommandContext['env']): boolean {
	const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
	return env.TERM !== 'dumb' && /utf-?8/i.test(locale);
}
