import { resolveConfig } from '../config.ts';
import { sanitise } from '../lib/text.ts';
import type { CommandContext } from './command.ts';
import { watch } from './console.ts';

/** The console on an embedded Postgres with live data, stopped when the console ends. */
export async function demo(context: CommandContext): Promise<number> {
	const { stdout, stderr, ending } = context;
	const { faults, startDemo } = await import('../demo/demo.ts');
	if (context.flags.faults) {
		for (const [name, { summary }] of Object.entries(faults)) {
			stdout.write(`${name.padEnd(20)} ${summary}\n`);
		}
		return 0;
	}
	const config = resolveConfig(context);
	const { fault } = context.flags;
	const running = await startDemo({
		...(typeof fault === 'string' && { fault }),
		onProgress: (line: string) => stderr.write(`${sanitise(line)}\n`),
		signal: ending,
	});
	try {
		const target = await context.resolveTarget(running.watchedUrl);
		return await watch(context, config, target, 'demo');
	} finally {
		await running.stop();
	}
}
