import { targetNameOf } from '../config/load.ts';
import { resolveConfig } from '../config.ts';
import { TidemarkError } from '../errors.ts';
import { connect } from '../postgres/connect.ts';
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
	try {
		return await runMigrateCommand([...args, ...to], {
			url: client,
			write: (text) => stdout.write(text),
		});
	} finally {
		await client.end();
	}
}
