-- One fixed POST, every answer checked: status 200 and the expected text in the body.
-- The request's body and the text come from the environment, headers from the command line.
local expected = os.getenv('BENCH_EXPECT')
wrk.method = 'POST'
wrk.body = os.getenv('BENCH_BODY')

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init()
  checked, wrong, sample = 0, 0, ''
end

function response(status, _, body)
  checked = checked + 1
  if status ~= 200 or not string.find(body, expected, 1, true) then
    wrong = wrong + 1
    sample = status .. ' ' .. string.sub(body, 1, 300)
  end
end

function done(summary, latency, _)
  local all_checked, all_wrong, last_sample = 0, 0, ''
  for _, thread in ipairs(threads) do
    all_checked = all_checked + thread:get('checked')
    all_wrong = all_wrong + thread:get('wrong')
    if thread:get('wrong') > 0 then last_sample = thread:get('sample') end
  end
  local e = summary.errors
  local quoted = last_sample:gsub('[%c\\"]', function(c) return string.format('\\u%04x', c:byte()) end)
  io.write(string.format(
    '\nBENCH {"requests":%d,"durationUs":%d,"p50Us":%d,"p95Us":%d,"p99Us":%d,"checked":%d,"wrong":%d,"socketErrors":%d,"sample":"%s"}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(95), latency:percentile(99),
    all_checked, all_wrong, e.connect + e.read + e.write + e.timeout, quoted))
end
