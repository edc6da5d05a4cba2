import { z } from 'zod';

/*
 * The one description of an allocator profile: the strict reader uses it, and board-configs/allocators/allocator.schema.json
 * is made from it (a test compares).
 */

const argument = z.number().int().min(0).max(3);
const symbols = z.array(z.string().min(1)).min(1);

const hookSchema = z.strictObject({
  function: z.string().min(1).describe("The function's name as the linker knows it"),
  aliases: z
    .array(z.string())
    .default([])
    .describe('Other names of the same function: the first that the ELF file has is taken'),
  kind: z
    .enum(['alloc', 'realloc', 'free', 'collect', 'reset'])
    .describe(
      'alloc and realloc: the result is the pointer, 0 is a failure. free: the block is gone at the entry. collect: at the return blocks may have died (gc). reset: at the entry the heap begins anew',
    ),
  size: argument.optional().describe('Which argument is the size in bytes, from 0; times `count` where that is given'),
  count: argument.optional().describe('Which argument is the number of elements; absent: one'),
  alignment: argument.optional().describe('Which argument is the alignment; for people only'),
  pointer: argument.optional().describe('Which argument is the block (realloc and free)'),
  mayMove: argument
    .optional()
    .describe(
      'Which argument says whether the block may move (realloc): where it is 0, a result of 0 is no failed request',
    ),
  coveredBy: z
    .string()
    .optional()
    .describe(
      'Another hook that this function calls for every block it gives out: when that one is hooked this one needs no breakpoint',
    ),
  nests: z
    .boolean()
    .default(false)
    .describe('A free that calls other hooked functions: it is followed to its return so that they do not count'),
});

const WALKERS = ['newlib', 'newlib-nano', 'picolibc', 'heap-4', 'tlsf', 'multi-heap', 'umm', 'gc'] as const;

export const allocatorFileSchema = z.strictObject({
  $schema: z.string().optional(),
  title: z.string().describe('The name people know the allocator by'),
  verified: z
    .enum(['run', 'source', 'unverified'])
    .describe('How far this profile was tried: run on the real allocator, read in its source, or never'),
  detect: z
    .strictObject({
      rank: z.number().int().describe('Of several profiles that match an ELF file the lowest is taken'),
      all: symbols.describe('Symbols that the ELF file must have'),
      none: z.array(z.string()).default([]).describe('Symbols that it must not have'),
      reason: z.string().describe('What is printed when it matches'),
    })
    .optional()
    .describe('Absent: the profile is never chosen by itself'),
  hooks: z
    .array(hookSchema)
    .describe('In order of importance: what comes last is left out first when breakpoints are short'),
  reallocZero: z
    .enum(['frees', 'keeps'])
    .default('frees')
    .describe('What realloc(p, 0) does: frees p and returns 0, or keeps a smallest block'),
  unitBytes: z.number().int().min(1).max(4096).describe('The allocation unit: what addresses are a multiple of'),
  currentTask: z
    .array(z.string())
    .default([])
    .describe('Variables that point to the running task, tried before the well-known ones (pxCurrentTCB, ...)'),
  bounds: z
    .strictObject({
      array: symbols.optional().describe('The heap is this array'),
      start: symbols.optional().describe('Linker symbols or labels where the heap begins; the first that exists'),
      limit: symbols.optional().describe('... and where it ends at the latest'),
    })
    .default({})
    .describe('Where the heap lies; empty when the ELF file does not tell'),
  heap: z
    .strictObject({
      walker: z.enum(WALKERS).describe("Which reader of the heap's own structures fits"),
      variables: z
        .record(z.string(), symbols)
        .default({})
        .describe('The variables that the reader needs, each with the names it may have'),
    })
    .optional()
    .describe(
      'Absent: the heap is not read, so there is no check at the end, and no largest free block around each event',
    ),
  notes: z.array(z.string()).default([]).describe('What people should know'),
});

export type AllocatorFile = z.infer<typeof allocatorFileSchema>;
export type HookDescription = z.infer<typeof hookSchema>;
export type WalkerName = (typeof WALKERS)[number];

/** The JSON Schema for editors, as text. */
export function allocatorJsonSchema(): string {
  const schema = z.toJSONSchema(allocatorFileSchema, { target: 'draft-7', io: 'input' });
  return `${JSON.stringify({ title: 'heap-harvest allocator profile', ...schema }, undefined, 2)}\n`;
}
