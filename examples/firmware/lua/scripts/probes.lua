-- Each probe allocates a block of its own size and prints Lua's own traceback: what captures must say.
probe(5001)

local function deep(n, size)
  if n == 0 then
    probe(size)
    return 0
  end
  local rest = deep(n - 1, size)
  return rest + 1
end
deep(6, 5002)

local Shape = {}
Shape.__index = Shape
function Shape.new(size)
  return setmetatable({ size = size }, Shape)
end
function Shape:area()

  probe(self.size)
  return self.size
end
local area = Shape.new(5003):area()

local odd = setmetatable({}, {
  __index = function(t, key)
    probe(key == "missing" and 5004 or 5022)
    return key
  end,
  __newindex = function(t, key, value)
    probe(5005)
  end,
  __add = function(a, b)
    local nothing = a.other
    probe(5006)
    return 1
  end,
  __call = function(self, size)
    probe(size)
  end,
  __concat = function(a, b)
    probe(5008)
    return ""
  end,
  __lt = function(a, b)
    probe(5009)
    return true
  end,
})
local value = odd.missing
odd.key = 1
value = odd + 1
odd(5007)
value = odd .. "text"
value = odd < odd

local ok = pcall(function()
  probe(5010)
  error("on purpose")
end)
xpcall(function()
  local nothing = nil
  return nothing.field
end, function(message)
  probe(5011)
end)

table.sort({ 3, 1, 2 }, function(a, b)
  if not Shape.sorted then
    Shape.sorted = true
    probe(5012)
  end
  return a < b
end)
string.gsub("a", "a", function(letter)
  probe(5013)
end)

local function each(n)
  return function(_, i)
    if i == n then
      probe(5014)
      return nil
    end
    return i + 1
  end, nil, 0
end
for i in each(3) do
  value = i
end

local function varied(...)
  local sizes = { ... }
  probe(sizes[#sizes])
  return select("#", ...)
end
value = varied(1, 2, 5015)

local co = coroutine.wrap(function(size)
  probe(size)
  local second = coroutine.yield()
  deep(2, second)
  local inner = coroutine.create(function()
    coroutine.yield()
    probe(5018)
  end)
  coroutine.resume(inner)
  coroutine.resume(inner)
end)
co(5016)
co(5017)

local function tail(size)
  return deep(1, size)
end
value = tail(5019)

loadstring("local function made(size)\n  probe(size)\nend\nmade(5020)")()

local function outer(size)
  local step = 1
  local function middle()
    local function inner()
      probe(size + step)
    end
    inner()
  end
  middle()
end
outer(5020)
print("probes: done")
