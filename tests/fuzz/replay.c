/* replay.c - runs every file of a corpus folder through a fuzz target. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

enum { INPUT_MAX_BYTES = 4 * 1024 * 1024 };

static int
replay(const char *path, uint8_t *input)
{
	FILE *f = fopen(path, "rb");
	size_t len;

	if (f == NULL) {
		perror(path);
		return 1;
	}
	len = fread(input, 1, INPUT_MAX_BYTES, f);
	fclose(f);
	/* An exact copy, so that a sanitizer sees a read past its end. */
	uint8_t *exact = malloc(len > 0 ? len : 1);

	if (exact == NULL)
		return 1;
	memcpy(exact, input, len);
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
	return 0;
}

static int
replay_folder(const char *folder, uint8_t *input)
{
	DIR *d = opendir(folder);
	int failed = 0;
	size_t count = 0;

	if (d == NULL) {
		perror(folder);
		return 1;
	}
	for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
		char path[4096];

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		failed |= replay(path, input);
		count++;
	}
	closedir(d);
	printf("%zu inputs\n", count);
	return failed || count == 0;
}

int
main(int argc, char **argv)
{
	uint8_t *input = malloc(INPUT_MAX_BYTES);
	int failed = input == NULL || argc != 2;

	if (!failed)
		failed = replay_folder(argv[1], input);
	free(input);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
