import { builtInCatalog } from '../catalog/built-in.ts';
import { addFolders } from '../catalog/load.ts';
import { resolveConfig } from '../config.ts';
import { faultsError } from '../errors.ts';
import { packageVersion } from '../lib/version.ts';
import { board } from '../metrics/dashboard/board.ts';
import type { CommandContext } from './command.ts';

/** Prints a Grafana board over the metrics of the catalog, the user's own samplers included. */
export async function dashboard(context: CommandContext): Promise<number> {
	const { samplerFolders } = resolveConfig(context);
	const { samplers, faults } = addFolders(builtInCatalog(), samplerFolders);
	if (faults.length > 0) {
		throw faultsError(
			'catalog',
			faults.map(({ file, line, reason }) => `${file}:${line}: ${reason}`),
		);
	}
	context.stdout.write(`${JSON.stringify(board(samplers, packageVersion()), undefined, '\t')}\n`);
	return 0;
}
