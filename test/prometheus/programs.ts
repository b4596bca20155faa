import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const hint = 'of Debian’s package prometheus: apt-get install --no-install-recommends prometheus';

/** Says in one sentence what is missing, before anything else starts. */
export function setup(): void {
	const missing = ['promtool', 'prometheus'].filter((program) => !isInPath(program));
	if (missing.length > 0) throw new Error(`These tests need ${missing.join(' and ')} ${hint}`);
}

function isInPath(program: string): boolean {
	return (process.env.PATH ?? '').split(delimiter).some((folder) => {
		try {
			accessSync(join(folder, program), constants.X_OK);
			return true;
		} catch {
			return false;
		}
	});
}
