import { homedir, platform } from 'node:os';
import { join } from 'node:path';

/**
 * Where the demo keeps its cluster: `$XDG_CACHE_HOME/tidemark`, else `~/.cache/tidemark`
 * (macOS: `~/Library/Caches/tidemark`). Root gets the system's cache folder, because the account
 * that runs the server for root can't enter root's home.
 */
export function defaultCacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
	if (process.getuid?.() === 0) {
		return platform() === 'darwin' ? '/Library/Caches/tidemark' : '/var/cache/tidemark';
	}
	const { XDG_CACHE_HOME: xdg } = environment;
	if (xdg?.startsWith('/')) return join(xdg, 'tidemark');
	return platform() === 'darwin'
		? join(homedir(), 'Library', 'Caches', 'tidemark')
		: join(homedir(), '.cache', 'tidemark');
}
