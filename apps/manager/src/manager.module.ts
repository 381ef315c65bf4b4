import { Module, type DynamicModule } from '@nestjs/common';
import { ADMIN_PARTS, AdminController, type AdminParts } from './admin/admin.controller.js';

/** The admin port's application. The door is not part of it: relayed calls pay for no framework. */
@Module({})
export class ManagerModule {
  static around(parts: AdminParts): DynamicModule {
    return {
      module: ManagerModule,
      controllers: [AdminController],
      providers: [{ provide: ADMIN_PARTS, useValue: parts }],
    };
  }
}
