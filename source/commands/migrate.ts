import type { CommandContext } from './command.ts';

/** `tidemark migrate up|down|status`. */
export async function migrate(context: CommandContext): Promise<number> {
	const { runMigrateCommand } = await import('../migrate/command.ts');
	return runMigrateCommand(context);
}
