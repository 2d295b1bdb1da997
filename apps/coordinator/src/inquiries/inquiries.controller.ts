import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import {
  inquiryAnswerSchema,
  inquirySchema,
  type InquiryAnswerView,
  type InquiryRequest,
} from './inquiry-schema.js';
import { InquiriesService } from './inquiries.service.js';

@ApiTags('participants')
@Controller('v1/inquiries')
export class InquiriesController {
  constructor(@Inject(InquiriesService) private readonly inquiries: InquiriesService) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'What became of a branch that is in doubt',
    description:
      'For participants. Absence is never an answer: the inquiry for a wholly unknown transaction durably aborts it first.',
  })
  @ApiResponse({ status: 200, standardSchema: inquiryAnswerSchema })
  ask(@Body({ schema: inquirySchema }) inquiry: InquiryRequest): Promise<InquiryAnswerView> {
    return this.inquiries.answer(inquiry);
  }
}
