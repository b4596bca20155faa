import type { Parts } from '../compose.ts';
import type { Environment } from '../ui/console-context.ts';
import type { CommandContext } from './command.ts';
import { tellFaults } from './tell-faults.ts';

const fallbackColumns = 80;

/** One sample as plain text without escape codes; status 1 when there was none to be had. */
export async function printOverview(
	context: CommandContext,
	parts: Parts,
	environment: Environment,
): Promise<number> {
	const { stdout, stderr, env, ending } = context;
	ending.addEventListener('abort', () => void parts.stop());
	tellFaults(context, parts.warnings);
	const { plainOverview } = await import('../ui/plain-overview.ts');
	try {
		await parts.loop.refreshAll();
		const report = parts.monitor.current();
		const { connection } = report.snapshot;
		if (connection.kind === 'lost') {
			stderr.write(`${connection.sentence}\n`);
			return 1;
		}
		const width = stdout.columns || Number(env.COLUMNS) || fallbackColumns;
		const { intervalMs } = parts.loop;
		stdout.write(plainOverview(report, { environment, intervalMs, width }));
		return 0;
	} finally {
		await parts.stop();
	}
}
