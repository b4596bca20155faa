import { setTimeout as delay } from 'node:timers/promises';
import { targetNameOf } from '../config/load.ts';
import { resolveConfig } from '../config.ts';
import { TidemarkError } from '../errors.ts';
import { connect } from '../postgres/connect.ts';
import type { Target } from '../postgres/target.ts';
import { textFlag } from './action-flags.ts';
import type { CommandContext } from './command.ts';

/** `tidemark migrate up|down|status`. */
export async function migrate(context: CommandContext): Promise<number> {
	const { runMigrateCommand } = await import('../migrate/command.ts');
	const { args, flags, stdout, ending } = context;
	// The first argument is no target here, as it is in the other commands.
	const config = resolveConfig({ ...context, targetName: targetNameOf(textFlag(flags, 'url')) });
	if (config.isReadOnly && !args.includes('status')) {
		throw new TidemarkError('action', 'Nothing is migrated here: tidemark runs read-only.');
	}
	const to = typeof flags.to === 'string' ? ['--to', flags.to] : [];
	const target = await context.resolveTarget(undefined);
	const { client } = await connect(target, {
		applicationName: 'tidemark-migrate',
		signal: ending,
	});
	const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
	const done = new AbortController();
	const cancel = () => void cancelUntil(done.signal, target, rows[0]?.pid ?? 0);
	ending.addEventListener('abort', cancel, { once: true });
	try {
		return await runMigrateCommand([...args, ...to], {
			url: client,
			write: (text) => stdout.write(text),
		});
	} finally {
		ending.removeEventListener('abort', cancel);
		done.abort();
		await client.end();
	}
}

/** Between two statements a cancel meets nothing; the next one it does. */
const betweenCancelsMs = 500;

/** Has the server cancel what the session runs: an index build may wait for others without an end. */
async function cancelUntil(done: AbortSignal, target: Target, pid: number): Promise<void> {
	try {
		const { client } = await connect(target, { applicationName: 'tidemark-cancel', signal: done });
		try {
			while (!done.aborted) {
				await client.query('select pg_cancel_backend($1)', [pid]);
				await delay(betweenCancelsMs, undefined, { signal: done }).catch(() => {});
			}
		} finally {
			await client.end();
		}
	} catch {
		// No second connection to be had: the run goes on to its end, or until its process is killed.
	}
}
