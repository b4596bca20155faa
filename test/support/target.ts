import { resolveTargets } from '../../source/postgres/target.ts';
import type { Target } from '../../source/postgres/target-type.ts';

/** The target of a connection string, with nothing of this machine's user mixed in. */
export const targetOf = (url: string): Target =>
	resolveTargets({
		url,
		env: {},
		homeDirectory: '/nonexistent',
		userName: 'nobody',
		readFile: () => undefined,
	});
