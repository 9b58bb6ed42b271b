-- GET by name, one at random out of the services numbered first … last.
dofile("common.lua")

local before, behind, first, last

function init(args)
  local given = options(args)
  before = "GET " .. given.path
  behind = (given.query or "") .. head(given) .. "\r\n"
  first, last = tonumber(given.first), tonumber(given.last)
end

function request()
  return before .. string.format("kafka-%06d", math.random(first, last)) .. behind
end
