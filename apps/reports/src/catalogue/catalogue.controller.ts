import { Controller } from '@nestjs/common';
import { catalogueRevision, exportCatalogue, importCatalogue, stageCatalogue } from '@purser/contracts';
import type { ImportResult, ReceivedOf, ResponseOf } from '@purser/contracts';
import { Handles } from '@purser/messaging';
import { ExportService } from './export.service.ts';
import { ImportService } from './import.service.ts';

/** The messages of `reports.catalogue`: the catalogue as a file. */
@Controller()
export class CatalogueController {
  readonly #imports: ImportService;
  readonly #exports: ExportService;

  constructor(imports: ImportService, exports: ExportService) {
    this.#imports = imports;
    this.#exports = exports;
  }

  @Handles(stageCatalogue)
  stage(message: ReceivedOf<typeof stageCatalogue>): Promise<ResponseOf<typeof stageCatalogue>> {
    return this.#imports.stage(message);
  }

  @Handles(importCatalogue)
  import(message: ReceivedOf<typeof importCatalogue>): Promise<ImportResult> {
    return this.#imports.import(message);
  }

  @Handles(exportCatalogue)
  export(message: ReceivedOf<typeof exportCatalogue>): Promise<ResponseOf<typeof exportCatalogue>> {
    return this.#exports.next(message);
  }

  @Handles(catalogueRevision)
  revision(): Promise<ResponseOf<typeof catalogueRevision>> {
    return this.#exports.revision();
  }
}
