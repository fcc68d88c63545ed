-- wrk sends the requests of a file (raw, with NULs between them) one after the
-- other, and says what came of it as JSON.
local requests, at = {}, 0
local threads = 0

-- Each thread begins elsewhere in the file.
function setup(thread)
	thread:set("number", threads)
	threads = threads + 1
end

function init(arguments)
	local file = assert(io.open(arguments[1], "rb"))
	for request in file:read("*a"):gmatch("[^%z]+") do
		requests[#requests + 1] = request
	end
	file:close()
	at = math.floor(#requests / 2) * number
end

function request()
	at = at % #requests + 1
	return requests[at]
end

function done(summary, latency)
	local failed = summary.errors
	io.write(string.format(
		'{"requests":%d,"seconds":%f,"failed":%d,"bytes":%d,"p50":%f,"p99":%f}\n',
		summary.requests, summary.duration / 1e6,
		failed.connect + failed.read + failed.write + failed.status + failed.timeout,
		summary.bytes, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
