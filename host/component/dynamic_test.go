package component_test

import (
	"fmt"

	"github.com/wasikv/wasikv/host/component"
)

func ExampleRecordValue() {
	v := component.RecordValue(
		component.FieldValue{Name: "key", Value: component.StringValue("greeting")},
		component.FieldValue{Name: "ttl-ms", Value: component.SomeValue(component.U32Value(1500))},
		component.FieldValue{Name: "data", Value: component.BytesValue([]byte("hi"))},
	)
	fmt.Println(v)
	ttl, _ := v.Field("ttl-ms")
	_, ms, _ := ttl.Case()
	n, ok := ms.Uint()
	fmt.Println(n, ok)
	// Output:
	// {key: "greeting", ttl-ms: some(1500), data: [104, 105]}
	// 1500 true
}
