import { connect } from '../postgres/connect.ts';
import type { CommandContext } from './command.ts';

/** `tidemark migrate up|down|status`. */
export async function migrate(context: CommandContext): Promise<number> {
	const { runMigrateCommand } = await import('../migrate/command.ts');
	const { args, flags, stdout, ending } = context;
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
