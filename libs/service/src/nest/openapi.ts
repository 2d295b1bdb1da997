import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';

const problemSchema = z
  .looseObject({
    type: z.string().meta({ description: 'urn:concordat:problem:…' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().meta({ description: 'Stable; CONCORDAT_…' }),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  })
  .meta({ description: 'RFC 9457' });

export interface ApiDescription {
  readonly title: string;
  readonly description: string;
}

/** Serves `/openapi.json` and `/docs`. The document is built from controllers and zod schemas when first asked for. */
export function serveOpenApi(app: INestApplication, description: ApiDescription): void {
  const path = { jsonDocumentUrl: 'openapi.json', raw: ['json' as const] };
  SwaggerModule.setup('docs', app, () => openApiDocument(app, description), path);
}

function openApiDocument(app: INestApplication, { title, description }: ApiDescription): OpenAPIObject {
  const base = new DocumentBuilder().setTitle(title).setDescription(description).setVersion('1').build();
  const document = SwaggerModule.createDocument(app, base, {
    standardSchemaConverter: (schema, { schemaType }) =>
      schema instanceof z.ZodType ? { schema: jsonSchema(schema, schemaType) } : undefined,
  });
  return withProblems(document);
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): z.core.JSONSchema.BaseSchema {
  // "any": a payload is checked by code that JSON Schema cannot say.
  const { $schema: _version, ...body } = z.toJSONSchema(schema, {
    io,
    target: 'openapi-3.0',
    unrepresentable: 'any',
  });
  return body;
}

/** Every operation may answer a problem. */
function withProblems(document: OpenAPIObject): OpenAPIObject {
  const schemas = { ...document.components?.schemas, Problem: jsonSchema(problemSchema, 'output') as object };
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  const problem = { description: 'Any error, as problem+json.', content };
  for (const path of Object.values(document.paths)) {
    for (const method of ['get', 'put', 'post', 'delete', 'patch'] as const) {
      const operation = path[method];
      if (operation !== undefined) operation.responses = { default: problem, ...operation.responses };
    }
  }
  return { ...document, components: { ...document.components, schemas } };
}
