import { builtInCatalog } from '../catalog/built-in.ts';
import { addOwnFolders, faultSentence } from '../catalog/load.ts';
import { resolveConfig } from '../config.ts';
import { packageVersion } from '../lib/version.ts';
import { board } from '../metrics/dashboard/board.ts';
import type { CommandContext } from './command.ts';
import { tellFaults } from './tell-faults.ts';

/** Prints a Grafana board over the metrics of the catalog, the user's own samplers included. */
export async function dashboard(context: CommandContext): Promise<number> {
	const { samplerFolders, thresholds } = resolveConfig(context);
	const { samplers, ownFaults } = addOwnFolders(builtInCatalog(), samplerFolders);
	tellFaults(context, ownFaults.map(faultSentence));
	context.stdout.write(
		`${JSON.stringify(board(samplers, packageVersion(), thresholds), undefined, '\t')}\n`,
	);
	return 0;
}
