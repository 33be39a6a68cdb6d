package binary

func (d *decoder) canon() Def {
	c := &Canon{At: d.at()}
	at := d.Pos()
	op := d.Byte()
	switch op {
	case 0x00:
		c.Kind = CanonLift
		d.Expect(0x00, "the sort after canon lift (function)")
		c.Func = d.U32()
		c.Options = d.options()
		c.Type = d.U32()
	case 0x01:
		c.Kind = CanonLower
		d.Expect(0x00, "the sort after canon lower (function)")
		c.Func = d.U32()
		c.Options = d.options()
	case 0x02:
		c.Kind = ResourceNew
		c.Type = d.U32()
	case 0x03:
		c.Kind = ResourceDrop
		c.Type = d.U32()
	case 0x04:
		c.Kind = ResourceRep
		c.Type = d.U32()
	default:
		if f, ok := builtins[op]; ok {
			d.Refuse(at, f)
		}
		d.Unknown(at, op, "canonical definition")
	}
	return c
}

// options reads canonical options, each of which may be given once.
func (d *decoder) options() Options {
	var o Options
	encoding := false
	for range d.Count("options", 1) {
		at := d.Pos()
		switch b := d.Byte(); b {
		case 0x00, 0x01, 0x02:
			if encoding {
				d.Fail(at, "the string encoding is given twice")
			}
			encoding = true
			o.Encoding = [...]Encoding{UTF8, UTF16, Latin1UTF16}[b]
		case 0x03:
			d.optionIndex(at, "memory", &o.Memory)
		case 0x04:
			d.optionIndex(at, "realloc", &o.Realloc)
		case 0x05:
			d.optionIndex(at, "post-return", &o.PostReturn)
		case 0x06:
			d.Refuse(at, FeatureAsyncOption)
		case 0x07:
			d.Refuse(at, FeatureCallback)
		case 0x08:
			d.Refuse(at, FeatureCoreTypeOption)
		case 0x09:
			d.Refuse(at, FeatureGCOption)
		default:
			d.Unknown(at, b, "canonical option")
		}
	}
	return o
}

func (d *decoder) optionIndex(at int64, name string, to **uint32) {
	if *to != nil {
		d.Fail(at, "the canonical option %s is given twice", name)
	}
	i := d.U32()
	*to = &i
}
