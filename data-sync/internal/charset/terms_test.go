package charset

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// complaints in the words of each language's charsets.
var complaints = map[string][]string{
	"simplified": strings.Fields(`头痛 恶心和呕吐 皮肤瘙痒 发热 腹泻 失眠 食欲下降 关节疼痛 眩晕 胸闷气短 白细胞计数降低 血小板减少 肝功能异常
		上呼吸道感染 尿路感染 贫血 高血压 低血糖 心悸 窦性心动过速 房颤 肺炎 咳嗽咳痰 鼻塞流涕 咽痛 口腔溃疡 脱发 手足麻木 双下肢水肿
		乏力 嗜睡 焦虑 抑郁状态 视物模糊 耳鸣 便秘 腹胀 上腹部不适 反酸 黑便 牙龈出血 鼻出血 荨麻疹 面部红斑 注射部位硬结 带状疱疹 体重增加
		血肌酐升高 转氨酶升高 高尿酸血症 低钾血症 背痛 肌肉痉挛 跌倒 右桡骨骨折 月经不规律 过敏性休克 急性胰腺炎 深静脉血栓形成 脑梗死 夜间盗汗 寒战`),
	"traditional": strings.Fields(`頭痛 噁心嘔吐 皮膚搔癢 發燒 腹瀉 失眠 食慾不振 關節疼痛 頭暈目眩 胸悶 白血球減少 血小板低下 肝功能異常
		上呼吸道感染 泌尿道感染 貧血 高血壓 低血糖 心悸 竇性心搏過速 心房顫動 肺炎 咳嗽有痰 鼻塞流鼻水 喉嚨痛 口腔潰瘍 掉髮 手腳麻木 下肢水腫
		疲倦無力 嗜睡 焦慮 憂鬱 視力模糊 耳鳴 便祕 腹脹 上腹部不適 胃酸逆流 黑便 牙齦出血 流鼻血 蕁麻疹 臉部紅斑 注射部位紅腫 帶狀皰疹 體重增加
		肌酸酐上升 轉胺酶升高 高尿酸血症 低血鉀 背痛 肌肉痙攣 跌倒 右手橈骨骨折 月經不規則 過敏性休克 急性胰臟炎 深部靜脈栓塞 腦中風 夜間盜汗 畏寒`),
	"japanese": strings.Fields(`頭痛 悪心と嘔吐 皮膚のかゆみ 発熱 下痢 不眠 食欲減退 関節痛 めまい 胸の苦しさ 白血球数減少 血小板減少症 肝機能障害
		上気道感染 尿路感染 貧血 高血圧 低血糖 動悸 洞性頻脈 心房細動 肺炎 咳が続く 鼻づまり のどの痛み 口内炎 脱毛 手足のしびれ 両下腿浮腫
		倦怠感 傾眠 不安 うつ状態 かすみ目 耳鳴 便秘 お腹が張る 上腹部不快感 胃酸逆流 タール便 歯肉出血 鼻血が出た じんましん 顔面の紅斑 注射部位硬結 帯状疱疹 体重増加
		クレアチニン上昇 ＡＬＴ上昇 高尿酸血症 低カリウム血症 背部痛 筋痙攣 転倒した 右橈骨骨折 月経不順 アナフィラキシーショック 急性膵炎 深部静脈血栓症 脳梗塞 寝汗 悪寒がする`),
	"korean": strings.Fields(`두통 구역및구토 피부가려움증 발열 설사 불면증 식욕감소 관절통 어지러움 가슴답답함 백혈구감소 혈소판감소증 간기능이상
		상기도감염 요로감염 빈혈 고혈압 저혈당증 두근거림 동성빈맥 심방세동 폐렴 기침과가래 코막힘 인후통 구내염 탈모 손발저림 하지부종
		피로감 졸림 불안 우울증 시야흐림 이명 변비 복부팽만 상복부불쾌감 위산역류 흑색변 잇몸출혈 코피 두드러기 얼굴홍반 주사부위경결 대상포진 체중증가
		크레아티닌증가 간효소상승 고요산혈증 저칼륨혈증 등통증 근육경련 넘어짐 오른쪽손목골절 생리불순 아나필락시스 급성췌장염 심부정맥혈전증 뇌경색 식은땀 오한`),
	"western": strings.Fields(`Ménière's céphalée fièvre nausées démangeaisons éruption_cutanée diarrhée anémie œdème_périphérique généralisée hépatite
		asthénie fatigue vomissements vertiges Übelkeit Durchfall Müdigkeit Hautausschlag Kopfschmerzen Rückenschmerzen Schläfrigkeit Ödem Gürtelrose
		náuseas vómitos erupción_cutánea estreñimiento dolor_de_cabeza Sjögren 39°C 5_µg_daily naïve_patient patient’s_pain hyperkaliémie kløe`),
}

// header of a file in a language.
var headers = map[string]string{
	"simplified": "STUDYID,USUBJID,AESPID,不良事件,AESTDTC", "traditional": "STUDYID,USUBJID,AESPID,不良事件,AESTDTC",
	"japanese": "STUDYID,USUBJID,AESPID,有害事象,AESTDTC", "korean": "STUDYID,USUBJID,AESPID,이상반응,AESTDTC",
}

// reports is a CSV file of n terms in a language, drawn from a seed.
func reports(language string, n int, seed uint64) string {
	random := rand.New(rand.NewPCG(seed, uint64(n)))
	header := "STUDYID,USUBJID,AESPID,AETERM,AESTDTC"
	if h, ok := headers[language]; ok && random.IntN(2) == 0 {
		header = h
	}
	terms := complaints[language]
	var b strings.Builder
	b.WriteString(header + "\r\n")
	for i := range n {
		term := strings.ReplaceAll(terms[random.IntN(len(terms))], "_", " ")
		switch random.IntN(8) {
		case 0:
			term = `"` + term + `, grade 2"`
		case 1:
			term = term + " (" + terms[random.IntN(len(terms))] + ")"
		}
		fmt.Fprintf(&b, "Q%d,Q%d-%03d,%d,%s,2026-%02d-%02d\r\n", seed%7, seed%7, random.IntN(200), i+1, term, 1+random.IntN(12), 1+random.IntN(28))
	}
	return b.String()
}

var languageOf = map[Charset]string{
	UTF8: "simplified", GB18030: "simplified", Big5: "traditional", EUCKR: "korean", EUCJP: "japanese", ShiftJIS: "japanese",
}
